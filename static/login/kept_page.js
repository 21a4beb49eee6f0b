// A browser may keep a page whole as it is left, and show it again on Back without asking the server: WebKit does over
// HTTP, whatever `Cache-Control` says, and others may. After a logout the account page was there again, and after a login
// the login page with the password in its field. So what is left is hidden, and what comes back is loaded anew.
window.addEventListener("pagehide", ({ persisted }) => {
  if (persisted) document.documentElement.hidden = true;
});
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});

export {};
