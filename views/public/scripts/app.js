// The little that every page needs beyond htmx. Elements say by a data attribute what they want; nothing is inline.
(() => {
  // Times: the server gives the exact instant, the reader gets it in their own zone -----------------------------------

  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
  const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

  /** "12 s ago" up to a week, then the date. */
  function relativeText(at, now) {
    const seconds = Math.round((at - now) / 1000);
    const size = Math.abs(seconds);
    if (size < 5) return "just now";
    if (size < 60) return relative.format(seconds, "second");
    if (size < 3600) return relative.format(Math.trunc(seconds / 60), "minute");
    if (size < 86400) return relative.format(Math.trunc(seconds / 3600), "hour");
    if (size < 7 * 86400) return relative.format(Math.trunc(seconds / 86400), "day");
    return day.format(at);
  }

  function showTime(element, now) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const text = element.dataset.time === "exact" ? dayAndTime.format(at) : relativeText(at, now);
    if (element.textContent !== text) element.textContent = text;
    if (!element.title) element.title = `${exact.format(at)} (${element.dateTime})`;
  }

  function showTimes(root) {
    const now = Date.now();
    for (const element of root.querySelectorAll("time[data-time]")) showTime(element, now);
  }

  // Dialogs, menus, copying -------------------------------------------------------------------------------------------

  const hasCommands = "commandForElement" in HTMLButtonElement.prototype;

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const button = target.closest("button");
    if (button?.dataset.copy !== undefined) return void copy(button);
    if (button?.dataset.dismiss !== undefined) return void button.closest(".toast")?.remove();
    if (button?.dataset.confirmAction !== undefined) fillConfirm(button);
    if (button?.dataset.fill !== undefined) fillForm(button);
    if (button && !hasCommands) runCommand(button);
    // A click beside a dialog closes it, like Escape.
    if (target instanceof HTMLDialogElement && isBeside(target, event)) target.close();
  });

  function runCommand(button) {
    const dialog = document.getElementById(button.getAttribute("commandfor") ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else if (button.getAttribute("command") === "close") dialog.close();
  }

  /** One dialog serves all rows of a list: it is told which row it is about. */
  function fillConfirm({ dataset, attributes }) {
    const dialog = document.getElementById(attributes.commandfor?.value ?? "");
    const form = dialog?.querySelector("form[data-confirm-form]");
    if (!form) return;
    form.action = dataset.confirmAction;
    dialog.querySelector("[data-subject]").textContent = dataset.confirmSubject;
  }

  /** `data-fill`: what the dialog's form is to hold, by field name. */
  function fillForm(button) {
    const form = document.getElementById(button.getAttribute("commandfor"))?.querySelector("form");
    if (!form) return;
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill))) {
      const control = form.elements.namedItem(name);
      if (control) control.value = value;
    }
  }

  function isBeside(dialog, { clientX, clientY }) {
    const box = dialog.getBoundingClientRect();
    return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    const text = source.value ?? source.textContent;
    try {
      await navigator.clipboard.writeText(text);
      announce("success", "Copied.");
    } catch {
      // Plain http on another machine gives no clipboard; selecting it is the next best thing.
      getSelection()?.selectAllChildren(source);
      announce("success", "Selected. Press Ctrl+C to copy.");
    }
  }

  // Toasts ------------------------------------------------------------------------------------------------------------

  const TOAST_MS = 6000;

  /** The message is text, never markup. */
  function announce(kind, text) {
    const template = document.getElementById("toast-template");
    const toasts = document.getElementById("toasts");
    if (!(template instanceof HTMLTemplateElement) || !toasts) return;
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.dataset.kind = kind;
    toast.querySelector("p").textContent = text;
    toasts.append(toast);
  }

  function watchToasts(toasts) {
    const leaveSoon = (toast) => {
      // An error stays until it has been read.
      if (toast instanceof HTMLElement && toast.dataset.kind !== "error") setTimeout(() => toast.remove(), TOAST_MS);
    };
    for (const toast of toasts.children) leaveSoon(toast);
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) addedNodes.forEach(leaveSoon);
    }).observe(toasts, { childList: true });
  }

  // htmx: failures are told, never swapped in -------------------------------------------------------------------------

  document.addEventListener("htmx:error", () =>
    announce("error", "The server cannot be reached. Try again in a moment."),
  );
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    // Our own errors say where they belong; a proxy's error page belongs nowhere.
    if (ctx.response.status >= 400 && !ctx.hx?.retarget && !ctx.hx?.redirect && ctx.response.status !== 422) {
      event.preventDefault();
      announce("error", `The server answered ${ctx.response.status}. Try again in a moment.`);
    }
  });

  // Forms -------------------------------------------------------------------------------------------------------------

  /** A second click must not send a form twice. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent !== undefined) return void event.preventDefault();
    form.dataset.sent = "";
  });
  // Going back shows the page as it was left, with the mark on it.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  /** `data-auto-submit`: a filter applies when it is changed. */
  document.addEventListener("change", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-auto-submit]") : null;
    form?.requestSubmit();
  });

  // Start -------------------------------------------------------------------------------------------------------------

  function start() {
    showTimes(document);
    setInterval(() => showTimes(document), 15_000);
    // What htmx brings in has the server's text; before it is painted it has the reader's.
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) {
        const time = (target instanceof Element ? target : target.parentElement)?.closest("time[data-time]");
        if (time) showTime(time, Date.now());
        for (const node of addedNodes) if (node instanceof Element) showTimes(node.parentElement ?? node);
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
    const toasts = document.getElementById("toasts");
    if (toasts) watchToasts(toasts);
    for (const dialog of document.querySelectorAll("dialog[data-open]")) dialog.showModal();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
