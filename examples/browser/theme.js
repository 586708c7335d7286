import { byId } from './dom.js';

const root = document.documentElement;
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

function isDark() {
  const chosen = root.dataset.theme;
  return chosen === 'dark' || (chosen !== 'light' && prefersDark.matches);
}

/** Wires the toggle. The system's theme holds until it is used. @param {() => void} onChange called after each change */
export function setUpTheme(onChange) {
  const button = byId('theme');
  const show = () => {
    button.setAttribute('aria-pressed', String(isDark()));
    button.querySelector('use').setAttribute('href', isDark() ? '#i-sun' : '#i-moon');
    onChange();
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    show();
  });
  prefersDark.addEventListener('change', show);
  show();
}
