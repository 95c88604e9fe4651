// With `?hostile` the page gets styles that would break any widget they could reach.
if (location.search.includes("hostile")) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = "/hostile.css";
    document.head.append(link);
}
