// Says plainly when the phone has lost the network.
export function offline(element) {
  const show = () => { element.hidden = navigator.onLine; };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}
