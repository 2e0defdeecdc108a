// What a CRM page does: load the element, give it the customer and his token, listen to what it tells.

const { dongke } = await (await fetch("config.json")).json();
const card = document.querySelector("dongke-profile");
const customers = document.getElementById("customers");
const events = document.getElementById("events");

for (const id of ["C1019", "C1014", "C1001", "C1041"]) customers.append(new Option(id, id));

async function open(customer) {
  document.getElementById("number").textContent = customer;
  const answer = await fetch("token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ customer }),
  });
  const { token } = await answer.json();
  if (customer !== customers.value) return; // somebody else was chosen meanwhile
  card.customer = customer;
  card.token = token ?? "";
}

customers.addEventListener("change", () => open(customers.value));
card.addEventListener("dongke-token", () => open(customers.value)); // it has ended: a fresh one
addEventListener("message", ({ origin, data }) => {
  if (origin !== location.origin || data?.source !== "dongke") return;
  const { source, ...told } = data;
  const line = document.createElement("li");
  line.textContent = JSON.stringify(told);
  events.prepend(line);
});

await import(`${dongke}/static/dongke-profile.js`);
await open(customers.value);
