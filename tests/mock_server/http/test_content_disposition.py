"""Names of parts in the forms that clients send."""

import pytest

from sigmic_mock.http.content_disposition import (
    ContentDisposition,
    read_content_disposition,
)


@pytest.mark.parametrize(
    ("parameter", "filename"),
    [
        (r'filename="C:\fakepath\a.csv"', r"C:\fakepath\a.csv"),
        (r'filename="C:\\fakepath\\a.csv"', r"C:\fakepath\a.csv"),
        (r'filename="a\"b.txt"', 'a"b.txt'),
        ('filename="a;b;c; d.txt"', "a;b;c; d.txt"),
        ('filename="a=b; name=x.txt"', "a=b; name=x.txt"),
        ("filename=a.txt", "a.txt"),
        ("filename=naïve.txt", "naïve.txt"),
        ('FileName = "a.txt" ;', "a.txt"),
        ('filename=""', ""),
        ("filename*=UTF-8''na%C3%AFve%20%22x%22.txt", 'naïve "x".txt'),
        ("filename*=iso-8859-1'en'na%EFve.txt", "naïve.txt"),
        ("filename=\"plain.txt\"; filename*=utf-8''%E6%96%87.txt", "文.txt"),
        ("filename*=utf-8''%E6%96%87.txt; filename=plain.txt", "文.txt"),
        ('filename="a%22b%20c%.txt"', 'a"b%20c%.txt'),
        ('colour="red"', None),
    ],
)
def test_a_file_name_arrives_as_its_client_knows_it(parameter: str, filename: str | None):
    read = read_content_disposition(f'form-data; name="files"; {parameter}')

    assert read == ContentDisposition(name="files", filename=filename)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "attachment; name=a",
        "form-data name=a",
        "form-data; name",
        'form-data; name="a',
        'form-data; name="a\\"',
        'form-data; name="a"b',
        "form-data; filename=a b.txt",
        'form-data; name="a"; NAME="b"',
        "form-data; filename*=a.txt",
        "form-data; filename*=UTF-8''%ff",
        "form-data; filename*=UTF-8''%ED%A0%80",
        "form-data; filename*=UTF-8''a%2",
        "form-data; filename*=utf-16''a",
    ],
)
def test_what_cannot_be_read_is_refused_not_guessed(header: str | None):
    with pytest.raises(ValueError):
        read_content_disposition(header)


def test_a_hostile_header_is_read_in_linear_time():
    with pytest.raises(ValueError):
        read_content_disposition('form-data; name="' + "\\a" * 200_000)
