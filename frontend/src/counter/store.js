// What the counter keeps in this browser (IndexedDB): the parcels of its point, scans that wait to be sent, and a few
// facts. A promise that resolved means: it is on the disk.
const NAME = "counter";
const VERSION = 1;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });

export async function openStore(factory = globalThis.indexedDB, name = NAME) {
  const request = factory.open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("parcels", { keyPath: "c" });
    request.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true }).createIndex("scan_id", "scan_id", { unique: true });
    request.result.createObjectStore("refused", { keyPath: "scan_id" });
    request.result.createObjectStore("facts");
  };
  const db = await done(request);
  db.onversionchange = () => db.close();

  const read = (store, ask) => done(ask(db.transaction(store).objectStore(store)));
  async function write(stores, change) {
    const transaction = db.transaction(stores, "readwrite");
    const over = finished(transaction);
    change(...stores.map((store) => transaction.objectStore(store)));
    await over;
  }

  return {
    fact: (key) => read("facts", (facts) => facts.get(key)),
    setFact: (key, value) => write(["facts"], (facts) => facts.put(value, key)),
    parcel: (code) => read("parcels", (parcels) => parcels.get(code)),
    parcels: () => read("parcels", (parcels) => parcels.getAll()),
    waiting: () => read("queue", (queue) => queue.getAll()),
    countWaiting: () => read("queue", (queue) => queue.count()),
    refused: () => read("refused", (refused) => refused.getAll()),
    dismiss: () => write(["refused"], (refused) => refused.clear()),

    // Takes the server's list over: `whole` replaces what is here, otherwise parcels are added and `gone` ones removed.
    putParcels: (list, gone, whole, facts) =>
      write(["parcels", "facts"], (parcels, known) => {
        if (whole) parcels.clear();
        for (const code of gone) parcels.delete(code);
        for (const parcel of list) parcels.put(parcel);
        for (const [key, value] of Object.entries(facts)) known.put(value, key);
      }),

    dropParcels: (codes) =>
      write(["parcels"], (parcels) => {
        for (const code of codes) parcels.delete(code);
      }),

    changeParcel: (parcel) => write(["parcels"], (parcels) => parcels.put(parcel)),

    // A hand-over without network: the scan waits, and the parcel is gone from here, both or neither.
    handOver: (scan, parcel) =>
      write(["queue", "parcels"], (queue, parcels) => {
        queue.add(scan);
        if (parcel) parcels.put(parcel);
      }),

    // The server has these: nothing waits any more, what it refused is kept until somebody has read it.
    sent: (numbers, refusals) =>
      write(["queue", "refused"], (queue, refused) => {
        for (const n of numbers) queue.delete(n);
        for (const refusal of refusals) refused.put(refusal);
      }),

    // What belongs to travellers goes; scans that wait stay until they are sent: those goods are given.
    forget: () =>
      write(["parcels", "facts", "refused"], (parcels, facts, refused) => {
        parcels.clear();
        facts.clear();
        refused.clear();
      }),

    close: () => db.close(),
  };
}
