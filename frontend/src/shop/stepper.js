// Minus and plus beside a number field; without script the number is typed and the form sent by its own button.
export function attachStepper(stepper) {
  const input = stepper.querySelector("input");
  const limit = (name, otherwise) => (input[name] === "" ? otherwise : Number(input[name]));
  const buttons = [...stepper.querySelectorAll("button[data-step]")];
  const refresh = () => {
    const value = Number(input.value);
    for (const button of buttons) {
      const next = value + Number(button.dataset.step);
      button.disabled = next < limit("min", 0) || next > limit("max", Infinity);
    }
  };
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      input.value = String(Number(input.value) + Number(button.dataset.step));
      input.dispatchEvent(new Event("change", { bubbles: true }));
      refresh();
    });
  }
  input.addEventListener("input", refresh);
  refresh();
}

const SETTLE = 500; // ms: three taps on plus are one change

export function attachAutosubmit(form) {
  let timer;
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit ? form.requestSubmit() : form.submit(), SETTLE);
  });
}
