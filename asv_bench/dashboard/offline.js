// Answers the requests of the dashboard from data.js: a page opened as a file may read no others.
$.ajaxTransport("+json", function (options) {
  var path = decodeURIComponent(options.url.split("?")[0]);
  var found = Object.prototype.hasOwnProperty.call(DASHBOARD_DATA, path);
  return {
    send: function (headers, complete) {
      // Later, as a server would: the pages are not ready when the first request is made.
      setTimeout(function () {
        complete(found ? 200 : 404, found ? "OK" : "Not found", { json: DASHBOARD_DATA[path] });
      });
    },
    abort: function () {}
  };
});
