import { get, post, token } from "/static/lib.js";

const HOME = { advisor: "/advisor", manager: "/manager", compliance: "/manager", admin: "/manager" };
const form = document.getElementById("login");
const problem = document.getElementById("problem");

async function goHome() {
  const me = await get("/v1/me");
  location.replace(HOME[me.role] || "/advisor");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  problem.hidden = true;
  try {
    const fields = new FormData(form);
    const given = await post("/v1/token", { login: fields.get("login"), password: fields.get("password") });
    if (given.role === "ingest") throw new Error("接入程序的账号不能打开页面");
    token.set(given.access_token);
    await goHome();
  } catch (fault) {
    problem.textContent = fault.message;
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
});

if (token.get()) goHome().catch(() => token.clear());
