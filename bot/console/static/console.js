// The conversation: what htmx does not do, that is streaming. The rest of the page is htmx.
import { renderAll, show } from "./text.js";

const byId = (id) => document.getElementById(id);
const log = byId("log");
const form = byId("ask");
const field = byId("question");
const SILENT = "The console does not answer. Is nightschool still running?";
let answering = null; // the AbortController of the answer under way

function turn(kind) {
  log.querySelector(".welcome")?.remove();
  const node = byId(`${kind}-turn`).content.firstElementChild.cloneNode(true);
  log.append(node);
  return node;
}

const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
const toEnd = () => { log.scrollTop = log.scrollHeight; };

function fail(place, sentence) {
  const line = document.createElement("p");
  line.className = "failed";
  line.role = "alert";
  line.textContent = sentence;
  place.append(line);
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function post(path, question, signal) {
  const response = await fetch(path, { method: "POST", body: new URLSearchParams({ question }), signal });
  if (!response.ok) throw new Error((await response.text()) || "The console could not do that.");
  return response;
}

// Reads the answer's events; `put` shows each where it belongs and says whether it was the last.
async function follow(path, answer, question, signal, put) {
  let ended = false;
  for await (const event of events(await post(path, question, signal))) {
    const down = nearEnd();
    if (event.error !== undefined) {
      ended = true;
      fail(answer, event.error);
    } else {
      ended = put(event);
    }
    if (down) toEnd();
  }
  if (!ended) throw new Error("The answer broke off. Ask again, please.");
}

function stream(answer, question, signal) {
  const said = answer.querySelector(".said");
  let text = "";
  return follow("/chat", answer, question, signal, (event) => {
    if (event.piece !== undefined) {
      text += event.piece;
      show(said, text);
      return false;
    }
    show(said, event.text);
    answer.insertAdjacentHTML("beforeend", event.footer);
    htmx.process(answer);
    return true;
  });
}

function compare(answer, question, signal) {
  return follow("/compare", answer, question, signal, (event) => {
    answer.classList.add("compared");
    answer.querySelector(".said").remove();
    answer.insertAdjacentHTML("beforeend", event.compared);
    renderAll(answer);
    htmx.process(answer);
    return true;
  });
}

async function ask(question, how) {
  turn("question").querySelector(".said").textContent = question;
  const answer = turn("answer");
  answer.classList.add("waiting");
  answer.setAttribute("aria-busy", "true");
  toEnd();
  const control = (answering = new AbortController());
  busy(true);
  try {
    await how(answer, question, control.signal);
  } catch (error) {
    if (control.signal.aborted) fail(answer, "Stopped.");
    else if (error instanceof TypeError) fail(answer, SILENT);
    else fail(answer, error.message);
  } finally {
    answer.classList.remove("waiting");
    answer.removeAttribute("aria-busy");
    if (answering === control) busy(false);
    if (nearEnd()) toEnd();
  }
}

function busy(yes) {
  if (!yes) answering = null;
  for (const button of form.querySelectorAll("[type=submit]")) button.disabled = yes;
  form.querySelector("[name=send]").hidden = yes;
  byId("stop").hidden = !yes;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = field.value.trim();
  if (!question || answering) return;
  field.value = "";
  field.focus();
  ask(question, event.submitter?.name === "compare" ? compare : stream);
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[name=send]"));
  }
});

byId("stop").addEventListener("click", () => answering?.abort());

log.addEventListener("click", (event) => {
  const suggestion = event.target.closest(".suggestion");
  if (suggestion && !answering) ask(suggestion.textContent, stream);
});

// Below an answer and among the gaps: what nobody taught goes into the form, and a lesson is shown
// in the list.
document.body.addEventListener("click", (event) => {
  const { teach, lesson } = event.target.closest("[data-teach], [data-lesson]")?.dataset ?? {};
  if (teach) {
    byId("teach-prompt").value = teach;
    byId("teach-completion").focus();
  } else if (lesson) {
    const search = byId("search");
    search.value = `#${lesson}`;
    search.dispatchEvent(new Event("search"));
    search.focus();
  }
});

// Sent by the server with the card about nights when a night has ended while the page was open.
document.body.addEventListener("night-ended", (event) => {
  const down = nearEnd();
  turn("notice").textContent = event.detail.value;
  if (down) toEnd();
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.pathInfo.requestPath === "/conversation") answering?.abort();
});

htmx.onLoad((node) => node.querySelector("[data-focus]")?.focus());

// A failed request is a line at the top: a refusal stays until the next click, silence until the
// console answers again.
const notice = byId("notice");
function tell(sentence, kind) {
  notice.textContent = sentence;
  notice.dataset.kind = kind;
  notice.hidden = !sentence;
}
document.body.addEventListener("htmx:responseError", (event) => {
  tell(event.detail.xhr.responseText || "The console could not do that.", "refused");
});
document.body.addEventListener("htmx:sendError", () => tell(SILENT, "silent"));
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && notice.dataset.kind === "silent") tell("", "");
});
document.addEventListener("click", () => {
  if (notice.dataset.kind === "refused") tell("", "");
}, { capture: true });

renderAll(log);
toEnd();
