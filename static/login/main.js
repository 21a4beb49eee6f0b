/** @file Helps with the forms for passwords, which also work without it. */

import "./kept_page.js";
import { RepeatedPassword } from "./repeated_password.js";
import { ShowButton } from "./show_button.js";

for (const button of document.querySelectorAll("button.show")) new ShowButton(/** @type {HTMLButtonElement} */ (button));
for (const again of document.querySelectorAll("input[data-differ]")) new RepeatedPassword(/** @type {HTMLInputElement} */ (again));

// Where something is wrong, the hand goes on there: some browsers heed autofocus only on a page without a history.
const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"));
wrong?.focus({ preventScroll: true });
wrong?.scrollIntoView({ block: "center" });
