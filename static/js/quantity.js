// Less and more buttons around a number; the browser keeps min, max and step.
export function quantity(element) {
  const input = element.querySelector("input");
  for (const button of element.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (Number(button.dataset.step) < 0) input.stepDown(); else input.stepUp();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}
