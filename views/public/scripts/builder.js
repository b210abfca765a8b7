// The workflow page beyond htmx: the caret for inserted data, rows, fields that hide, searching, keys.
(() => {
  const isTyping = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

  // Saving ------------------------------------------------------------------------------------------------------------

  /** What waited for a save has to say which state it goes by: the one that the save has made. */
  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement: form, request } = event.detail.ctx;
    if (!(request.body instanceof URLSearchParams) || !form?.isConnected) return;
    const base = form.querySelector("[data-base]");
    if (base) request.body.set(base.name, base.value);
  });

  // Data: a click puts the expression where the caret was last ----------------------------------------------------------

  let lastField = null;
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.dataset.expression !== undefined) lastField = target;
  });

  document.addEventListener("click", ({ target }) => {
    const item = target instanceof Element ? target.closest("[data-insert]") : null;
    if (item) insert(item.dataset.insert);
    const choice = target instanceof Element ? target.closest("[data-choose]") : null;
    if (choice) choose(choice);
    const add = target instanceof Element ? target.closest("[data-add-pair]") : null;
    if (add) addPair(add.closest("[data-pairs]"));
  });

  function insert(path) {
    if (!lastField?.isConnected) lastField = document.querySelector("#panel-form [data-expression]");
    if (!lastField) return;
    const isBare = lastField.dataset.expression === "bare" || isInsideExpression(lastField);
    const text = isBare ? path : `{{ ${path} }}`;
    const { selectionStart: start, selectionEnd: end } = lastField;
    lastField.focus();
    lastField.setRangeText(text, start, end, "end");
    lastField.dispatchEvent(new Event("input", { bubbles: true }));
    lastField.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Something that the account offers goes into the field that asked for it. */
  function choose(choice) {
    const picker = choice.closest("[data-choices-for]");
    const field = document.getElementById(picker.dataset.choicesFor);
    if (!field) return;
    field.value = choice.dataset.choose;
    name(field, choice.querySelector(".choice-title").textContent.trim());
    picker.open = false;
    // Not into the field: with the caret in it, it shows the value instead of its name.
    picker.querySelector("summary").focus();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** What the value is called goes along with the form, so that it can be shown the next time. */
  function name(field, title) {
    field.form.querySelector(`[name="${CSS.escape(`label~${field.value}`)}"]`)?.remove();
    const label = document.createElement("input");
    Object.assign(label, { type: "hidden", name: `label~${field.value}`, value: title.slice(0, 200) });
    field.form.append(label);
  }
  // The name is the old value's: what is typed shows as it is.
  document.addEventListener("input", ({ target }) => {
    if (target instanceof Element) target.closest("[data-chosen]")?.querySelector(".chosen-label")?.remove();
  });

  // Events of `details` do not bubble. What another field made of the list before is not shown again.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!(target instanceof HTMLDetailsElement) || target.dataset.choicesFor === undefined || !target.open) return;
      const hint = Object.assign(document.createElement("p"), { className: "hint", textContent: "Asking…" });
      target.querySelector(".choices-list").replaceChildren(hint);
      target.dispatchEvent(new Event("ask"));
    },
    true,
  );
  document.addEventListener("change", ({ target }) => {
    const form = target instanceof Element ? target.closest("#panel-form") : null;
    for (const picker of form?.querySelectorAll("[data-choices-for][open]") ?? []) picker.open = false;
  });

  // A list that was opened while another field was still being saved has been asked for too early.
  document.addEventListener("htmx:after:swap", ({ detail }) => {
    if (detail.ctx.request.method === "GET") return;
    for (const picker of document.querySelectorAll("#panel-form [data-choices-for][open]"))
      if (picker.querySelector("[name=search]").value === "") picker.dispatchEvent(new Event("ask"));
  });

  // The button that asked for more is gone with the answer: the keyboard goes on at the first of what came.
  let moreAt = null;
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    const list = ctx.sourceElement?.closest?.("[data-more]")?.closest(".choices-list");
    moreAt = list ? { list, shown: list.querySelectorAll("[data-choose]").length } : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const list of document.querySelectorAll("#panel-form [data-choices-for][open] .choices-list")) tellCount(list);
    const { list, shown } = moreAt ?? {};
    if (!list?.isConnected) return;
    moreAt = null;
    (list.querySelectorAll("[data-choose]")[shown] ?? list.querySelector("[data-more]"))?.focus();
  });

  /** For whoever does not see the list fill. */
  function tellCount(list) {
    const count = list.querySelectorAll("[data-choose]").length;
    const more = list.querySelector(".choices-more") ? ", and there are more" : "";
    const text = count === 0 ? "" : `${count} to choose from${more}`;
    const status = list.closest("[data-choices-for]").querySelector("[data-choices-count]");
    if (status.textContent !== text) status.textContent = text;
  }

  // Searching among choices changes nothing that would have to be saved.
  document.addEventListener(
    "change",
    (event) => {
      if (event.target instanceof Element && event.target.closest("[data-choices-for]")) event.stopPropagation();
    },
    true,
  );

  function isInsideExpression({ value, selectionStart }) {
    const before = value.slice(0, selectionStart);
    return before.lastIndexOf("{{") > before.lastIndexOf("}}");
  }

  // Fields ------------------------------------------------------------------------------------------------------------

  function addPair(pairs) {
    const rows = pairs.querySelectorAll(".field-pair");
    const row = rows[rows.length - 1].cloneNode(true);
    for (const input of row.querySelectorAll("input")) {
      input.name = input.name.replace(/\.\d+\.(name|value)$/, `.${rows.length}.$1`);
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, rows.length + 1));
      input.value = "";
    }
    rows[rows.length - 1].after(row);
    row.querySelector("input").focus();
  }

  /** Typing into the search shows only what it names. */
  document.addEventListener("input", ({ target }) => {
    const id = target instanceof HTMLElement ? target.dataset.filter : undefined;
    const list = id && document.getElementById(id);
    if (!list) return;
    const wanted = target.value.trim().toLowerCase();
    let shown = 0;
    for (const item of list.querySelectorAll("[data-filter-item]")) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      if (!item.hidden) shown += 1;
    }
    for (const group of list.querySelectorAll(".picker-group"))
      group.hidden = !group.querySelector("[data-filter-item]:not([hidden])");
    const empty = list.querySelector("[data-filter-empty]");
    if (empty) empty.hidden = shown > 0;
  });
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const id = target instanceof HTMLElement ? target.dataset.filter : undefined;
    if (!id || key !== "Enter") return;
    event.preventDefault();
    document.querySelector(`#${id} [data-filter-item]:not([hidden]) :is(a, button)`)?.click();
  });

  // Dragging a card to a place between others: the same as "Move to…" --------------------------------------------------

  let dragged = null;
  const spotOf = (target) => (target instanceof Element ? target.closest(".spot[data-lane]") : null);

  document.addEventListener("dragstart", (event) => {
    const card = event.target instanceof Element ? event.target.closest(".card-step[data-step]") : null;
    if (!card) return;
    dragged = card.dataset.step;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged);
    card.closest(".editor").dataset.dragging = "";
  });
  document.addEventListener("dragover", (event) => {
    const spot = dragged === null ? null : spotOf(event.target);
    for (const other of document.querySelectorAll(".spot[data-over]")) if (other !== spot) delete other.dataset.over;
    if (!spot) return;
    event.preventDefault();
    spot.dataset.over = "";
  });
  document.addEventListener("drop", (event) => {
    const spot = dragged === null ? null : spotOf(event.target);
    if (!spot) return;
    event.preventDefault();
    const editor = document.getElementById("editor");
    const { lane, after } = spot.dataset;
    const target = { source: editor, target: editor, swap: "outerMorph" };
    htmx.ajax("POST", `${editor.dataset.root}/steps/${dragged}/move`, { ...target, values: { lane, after } });
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    for (const mark of document.querySelectorAll("[data-dragging], [data-over]")) {
      delete mark.dataset.dragging;
      delete mark.dataset.over;
    }
  });

  // Keys --------------------------------------------------------------------------------------------------------------

  /** On a card: up and down go along the flow, with Alt they move the step, Delete takes it out. */
  document.addEventListener("keydown", (event) => {
    const { target, key, altKey } = event;
    if (key === "Escape" && !document.querySelector("dialog[open]") && document.querySelector("#editor .panel")) {
      const close = document.querySelector("#editor .panel-head > a");
      if (close && (!isTyping(target) || target.dataset.filter)) close.click();
      else if (isTyping(target)) target.blur();
      return;
    }
    const card = target instanceof Element ? target.closest(".card-step") : null;
    if (!card) return;
    const by = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    if (by !== 0 && !altKey) {
      event.preventDefault();
      const cards = [...document.querySelectorAll(".card-step")];
      cards[cards.indexOf(card) + by]?.focus();
    }
    const tool = by !== 0 && altKey ? `by${by}` : key === "Delete" ? "deleteyes" : null;
    if (!tool || card.dataset.kind !== "step") return;
    event.preventDefault();
    // The tools belong to the step whose panel is open.
    if (card.getAttribute("aria-current") === "true") document.querySelector(`[data-tool="${tool}"]`)?.click();
    else card.click();
  });

  /** What has just been opened is where the keyboard goes on. */
  let opened = null;
  document.addEventListener("htmx:before:request", ({ detail }) => {
    const { sourceElement, request } = detail.ctx;
    const isChoice = request.method === "GET" || sourceElement?.matches?.(".picker");
    opened =
      isChoice && sourceElement?.closest?.("#editor") ? (document.querySelector("#editor .panel")?.id ?? "") : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    const panel = document.querySelector("#editor .panel");
    if (opened === null || !panel || panel.id === opened) return;
    opened = null;
    const first = panel.querySelector("[data-filter]") ?? panel.querySelector("#panel-title");
    first?.focus({ preventScroll: innerWidth > 1023 });
  });
})();
