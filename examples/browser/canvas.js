// What the plot and the lanes have in common.

/** From one frame to the next, in ms. */
export const frameMs = matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 50;

/** Custom properties as colours that a canvas takes, and the font. @param {HTMLCanvasElement} canvas */
export function readColours(canvas) {
  const style = getComputedStyle(canvas);
  const before = canvas.style.color;
  /** @type {Record<string, string>} */
  const colours = {};
  for (const name of ['line', 'muted', 'text', 'accent', 'feed', 'warn', 'warn-soft', 'bad', 'good', 'panel']) {
    canvas.style.color = `var(--${name})`;
    colours[name] = style.color;
  }
  canvas.style.color = before;
  colours.font = `11px ${style.fontFamily}`;
  return colours;
}

/** Keeps a canvas as sharp as the screen is. @param {HTMLCanvasElement} canvas @param {() => void} draw */
export function onResize(canvas, draw) {
  new ResizeObserver(() => {
    const scale = devicePixelRatio;
    canvas.width = Math.round(canvas.clientWidth * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
    draw();
  }).observe(canvas);
}

/**
 * Clears a canvas, and has it drawn on in CSS pixels.
 * @param {CanvasRenderingContext2D} context
 * @param {HTMLCanvasElement} canvas
 * @returns {{ width: number, height: number } | undefined} nothing where it is not shown
 */
export function cleared(context, canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width || !height) return undefined;
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.clearRect(0, 0, width, height);
  return { width, height };
}
