"""Pure decisions: values, tables and codecs that do no I/O and know no time."""
