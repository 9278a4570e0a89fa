// The words a page brings for its scripts: <script type="application/json" id="messages">.
export function messages(doc = document) {
  const element = doc.getElementById("messages");
  return element ? JSON.parse(element.textContent) : {};
}
