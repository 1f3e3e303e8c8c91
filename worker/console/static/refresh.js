// Reads the page anew while it says so, and changes its content in place. Without scripts there is a link that does it.
"use strict";
const shown = document.getElementById("content");
const again = () => setTimeout(look, 1000 * Number(shown.dataset.again));

async function look() {
  if (document.hidden || shown.contains(document.activeElement)) return again();
  try {
    const reply = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
    if (reply.type === "opaqueredirect") return location.reload(); // the session has ended: to the login
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("content");
    if (!reply.ok || !fresh) return;
    shown.replaceChildren(...fresh.childNodes);
    if (fresh.dataset.again) return again();
    delete shown.dataset.again;
  } catch {
    again(); // the house may just be starting anew
  }
}

again();
