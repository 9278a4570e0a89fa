// A button that copies a field beside it: <button data-copy="ID of the field" data-done="what it says then" hidden>.
export async function copy(win, field) {
  try {
    await win.navigator.clipboard.writeText(field.value);
  } catch { // WeChat's older browsers, and pages without https
    field.select();
    return win.document.execCommand("copy");
  }
  return true;
}

export function attachCopy(button, win = window) {
  const field = win.document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (await copy(win, field)) button.textContent = button.dataset.done;
  });
}
