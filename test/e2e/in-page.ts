/** Expressions that run in the page, as text: the tests are compiled without the browser's types. */

/** The border colour of each cell, in order. */
export const CELL_COLOURS = "[...document.querySelectorAll('.cell')].map((cell) => getComputedStyle(cell).borderTopColor)";

export const ADD_INLINE_SCRIPT =
  "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' })); 'ran' in window";

/** Visible texts whose contrast with what lies beneath is under 4.5 to 1 (WCAG 2.2, 1.4.3). */
export const POOR_CONTRAST = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const grounds = (node) => (node === null ? [] : [...grounds(node.parentElement), getComputedStyle(node).backgroundColor]);
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .map((node) => {
      const under = luminance(grounds(node));
      const text = luminance([...grounds(node), getComputedStyle(node).color]);
      return { text: node.textContent, ratio: (Math.max(under, text) + 0.05) / (Math.min(under, text) + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5);
})()`;
