// The file that a CRM page loads: <script type="module" src="https://…/static/dongke-profile.js"></script>

export { DongkeProfile } from "./profile";
