// For browsers that cannot read the page's modules: the picture as MJPEG with its boxes burned in, and a sentence that
// says so. Every browser has to read this file, so it is in the JavaScript of 2009 (`make lint` looks).
(function () {
  window.addEventListener("load", function () {
    var page = document.documentElement;
    if (page.getAttribute("data-started") !== null) return; // set by the page's entry
    var old = /** @type {any} */ (document.getElementById("old"));
    page.className += " old";
    old.removeAttribute("hidden");
    if (old.getAttribute("data-picture") === null) return; // there is no MJPEG here
    var picture = document.createElement("img");
    picture.className = "plain";
    picture.src = old.getAttribute("data-picture");
    picture.alt = old.getAttribute("data-alt");
    old.parentNode.querySelector(".picture").appendChild(picture);
  });
})();
