/* 懂客行为采集 (浏览器, H5): identify, track, page. No dependencies, no cookies, nothing captured by itself.
 *
 *   <script src="dongke.js"></script>
 *   <script>dongke.init({url: "/collect/events"}); dongke.page();</script>
 *
 * `url` is an address of your own site that adds the ingest token and passes the body on to POST /v1/events: a page
 * never holds a token. Events are Segment-spec messages with a messageId made here, once: what is sent twice (a lost
 * answer, a beacon and a later retry, two tabs) is stored once. docs/events.md tells the rest.
 */
(function (root) {
  "use strict";

  var KEY = "dongke.";
  var DEFAULTS = {
    flushAt: 20, // messages that are sent at once
    flushAfterMs: 5000, // the oldest waits so long at most
    mergeWithinMs: 3000, // the same event again within this time is counted, not sent again
    sessionMs: 30 * 60 * 1000,
    maxQueue: 1000, // messages kept while nothing can be sent; the oldest go first, and are counted
    batchBytes: 50000, // below what a beacon may carry
    retryMs: [1000, 300000], // first and longest pause after a failure
  };

  function id() {
    if (root.crypto && root.crypto.randomUUID) return root.crypto.randomUUID();
    var bytes = root.crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join("");
  }

  /* localStorage where there is one: private windows and full disks leave the memory of this page. */
  function store() {
    var memory = {};
    var disk = null;
    try {
      disk = root.localStorage;
      disk.setItem(KEY + "try", "1");
      disk.removeItem(KEY + "try");
    } catch (e) { disk = null; }
    return {
      get: function (name) {
        try { return JSON.parse((disk && disk.getItem(KEY + name)) || "null") || memory[name] || null; } catch (e) { return null; }
      },
      set: function (name, value) {
        memory[name] = value;
        try { if (disk) disk.setItem(KEY + name, JSON.stringify(value)); } catch (e) { /* full: the memory has it */ }
      },
      remove: function (name) {
        delete memory[name];
        try { if (disk) disk.removeItem(KEY + name); } catch (e) { /* gone already */ }
      },
      names: function (prefix) {
        try { return disk ? Object.keys(disk).filter(function (k) { return k.indexOf(KEY + prefix) === 0; })
          .map(function (k) { return k.slice(KEY.length); }) : []; } catch (e) { return []; }
      },
    };
  }

  function Client() {
    this.ready = false;
  }

  Client.prototype.init = function (options) {
    if (this.ready) return this;
    if (!options || !options.url) throw new Error("dongke.init: url is missing");
    var self = this;
    this.options = Object.assign({}, DEFAULTS, options);
    this.store = store();
    this.mine = "queue." + id(); // a queue for each tab: tabs never overwrite each other
    this.queue = [];
    this.sending = false;
    this.failures = 0;
    this.dropped = 0;
    this.ready = true;
    this._adopt();
    root.addEventListener("pagehide", function () { self._leave(); });
    root.document.addEventListener("visibilitychange", function () {
      if (root.document.visibilityState === "hidden") self._leave();
    });
    root.addEventListener("online", function () { self.failures = 0; self._later(0); });
    root.setInterval(function () { self._save(); }, 20000); // says that this tab lives
    if (this.queue.length) this._later(0);
    return this;
  };

  /* 客户号, or another identifier as kind:value (docs/identity.md). */
  Client.prototype.identify = function (userId, traits) {
    this.store.set("user", userId);
    this._add({ type: "identify", traits: traits || {} });
  };

  Client.prototype.track = function (event, properties) {
    this._add({ type: "track", event: event, properties: properties || {} });
  };

  /* The path without its query: a query may hold what is personal. */
  Client.prototype.page = function (name, properties) {
    this._add({ type: "page", name: name || root.location.pathname, properties: properties || {} });
  };

  /* After a log-out: the next person on this device is somebody else. */
  Client.prototype.reset = function () {
    this.flush();
    ["user", "anonymous", "session"].forEach(this.store.remove);
  };

  Client.prototype.flush = function () {
    var self = this;
    if (!this.ready || this.sending || !this.queue.length) return Promise.resolve();
    var batch = this._head();
    this.sending = true;
    return root.fetch(this.options.url, {
      method: "POST", credentials: "same-origin", keepalive: true,
      headers: { "Content-Type": "application/json" }, body: this._body(batch),
    }).then(function (answer) {
      /* 202: each message was taken, known already, or kept with its reason. A body that is malformed will not get better. */
      self._settle(batch, answer.ok || answer.status === 400 || answer.status === 422);
    }, function () { self._settle(batch, false); });
  };

  Client.prototype._add = function (message) {
    if (!this.ready) throw new Error("dongke.init first");
    var now = Date.now();
    var last = this.queue[this.queue.length - 1];
    var same = JSON.stringify([message, this.store.get("user")]);
    if (last && last.same === same && now - last.at < this.options.mergeWithinMs && message.type !== "identify") {
      last.message.properties.repeats = (last.message.properties.repeats || 1) + 1;
      return this._save();
    }
    var sent = Object.assign(JSON.parse(JSON.stringify(message)), {
      messageId: id(), anonymousId: this._anonymous(), timestamp: new Date(now).toISOString(),
    });
    if (this.store.get("user")) sent.userId = this.store.get("user");
    if (this.options.consent) sent.context = { consent: this.options.consent };
    if (sent.properties) sent.properties.session_id = this._session(now);
    this.queue.push({ message: sent, same: same, at: now });
    if (this.queue.length > this.options.maxQueue) {
      this.queue.shift();
      this.dropped += 1;
    }
    this._save();
    this._later(this.queue.length >= this.options.flushAt ? 0 : this.options.flushAfterMs);
  };

  Client.prototype._anonymous = function () {
    var known = this.store.get("anonymous");
    if (!known) this.store.set("anonymous", (known = id()));
    return known;
  };

  /* 会话: a new one after half an hour without an event. */
  Client.prototype._session = function (now) {
    var known = this.store.get("session");
    if (!known || now - known.at >= this.options.sessionMs) known = { id: id() };
    known.at = now;
    this.store.set("session", known);
    return known.id;
  };

  /* As many messages from the head as a batch may hold, one at least; sealed: nothing is merged into what was sent. */
  Client.prototype._head = function () {
    var rows = [];
    var bytes = 0;
    for (var n = 0; n < this.queue.length; n++) {
      bytes += JSON.stringify(this.queue[n].message).length * 3;
      if (n && bytes > this.options.batchBytes) break;
      this.queue[n].same = null;
      rows.push(this.queue[n]);
    }
    this._save();
    return rows.map(function (row) { return row.message; });
  };

  Client.prototype._body = function (batch) {
    return JSON.stringify({ batch: batch, sentAt: new Date().toISOString() });
  };

  Client.prototype._settle = function (batch, done) {
    var taken = {};
    if (done) batch.forEach(function (message) { taken[message.messageId] = true; });
    this.queue = this.queue.filter(function (row) { return !taken[row.message.messageId]; });
    this.sending = false;
    this._save();
    this.failures = done ? 0 : this.failures + 1;
    var pause = Math.min(this.options.retryMs[0] * Math.pow(2, this.failures - 1), this.options.retryMs[1]);
    if (this.queue.length) this._later(done ? 0 : pause * (0.5 + Math.random() / 2));
  };

  /* The page goes away, perhaps for good: a beacon carries what fits. It has no answer, so all of it stays in the queue;
   * the next page sends it again, and the server knows the messageIds already. */
  Client.prototype._leave = function () {
    if (!this.queue.length) return;
    if (root.navigator.sendBeacon && Date.now() - (this.left || 0) > 1000) {
      this.left = Date.now(); // pagehide and visibilitychange come together
      root.navigator.sendBeacon(this.options.url, new Blob([this._body(this._head())], { type: "application/json" }));
    }
    this._save(0);
    this._later(this.options.flushAfterMs); // the page may come back
  };

  Client.prototype._later = function (ms) {
    var self = this;
    var due = Date.now() + ms;
    if (this.timer && this.due <= due) return;
    root.clearTimeout(this.timer);
    this.due = due;
    this.timer = root.setTimeout(function () { self.timer = null; self.flush(); }, ms);
  };

  /* `at`: when this tab last said that it lives; 0 as it goes, so that the next page takes its queue up at once. */
  Client.prototype._save = function (at) {
    if (this.queue.length) this.store.set(this.mine, { at: at === undefined ? Date.now() : at, rows: this.queue, dropped: this.dropped });
    else this.store.remove(this.mine);
  };

  /* Queues of tabs that said nothing for a minute. Two tabs that take up the same one send the same messageIds. */
  Client.prototype._adopt = function () {
    var self = this;
    this.store.names("queue.").forEach(function (name) {
      var left = self.store.get(name);
      if (!left || Date.now() - left.at < 60000) return;
      self.store.remove(name);
      self.queue = left.rows.map(function (row) { return Object.assign(row, { same: null }); }).concat(self.queue);
      self.dropped += left.dropped || 0;
    });
    this._save();
  };

  root.dongke = new Client();
})(window);
