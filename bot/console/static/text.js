// What the model wrote, as DOM nodes: paragraphs, lists, code and bold. It is never parsed as
// HTML, so nothing in it can become a link, an image or a script.

const FENCE = /^\s*```/;
const ITEM = /^\s*(?:[-*•]|(\d+)[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*/g;

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(end, match.index));
    nodes.push(match[1] === undefined ? element("strong", match[2]) : element("code", match[1]));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

function paragraph(lines) {
  const children = lines.flatMap((line, i) => (i ? [element("br"), ...inline(line)] : inline(line)));
  return element("p", ...children);
}

/** The text as a list of nodes, to put where it is shown. */
export function render(text) {
  const nodes = [];
  let lines = [];
  let list = null;
  const close = () => {
    if (lines.length) nodes.push(paragraph(lines));
    lines = [];
    list = null;
  };
  const source = text.split("\n");
  for (let i = 0; i < source.length; i++) {
    const line = source[i];
    const item = ITEM.exec(line);
    const heading = HEADING.exec(line);
    if (FENCE.test(line)) {
      close();
      const code = [];
      while (++i < source.length && !FENCE.test(source[i])) code.push(source[i]);
      nodes.push(element("pre", element("code", code.join("\n"))));
    } else if (item) {
      const kind = item[1] === undefined ? "UL" : "OL";
      if (list?.tagName !== kind) {
        close();
        list = element(kind);
        if (kind === "OL") list.start = Number(item[1]);
        nodes.push(list);
      }
      list.append(element("li", ...inline(item[2])));
    } else if (heading) {
      close();
      nodes.push(element("p", element("strong", heading[1])));
    } else if (line.trim()) {
      if (list) close();
      lines.push(line);
    } else {
      close();
    }
  }
  close();
  return nodes;
}

/** Renders the plain text of every [data-text] inside `root`. */
export function renderAll(root) {
  for (const place of root.querySelectorAll("[data-text]:not([data-rendered])")) {
    const text = place.textContent;
    if (text) show(place, text);
  }
}

/** Shows a text in its place, instead of what was there. */
export function show(place, text) {
  place.dataset.rendered = "";
  place.replaceChildren(...render(text));
}
