"""The demo's cat by its colour: which pixels of a picture are its orange."""

# A function of the context `copy`: how many there are in a rectangle.
ORANGE = """(copy, x, y, w, h) => {
    const { data } = copy.getImageData(x, y, w, h);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] > 190 && data[i + 1] > 80 && data[i + 1] < 165 && data[i + 2] < 90) count += 1;
    }
    return count;
}"""
