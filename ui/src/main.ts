import { mount } from "svelte";
import App from "./App.svelte";
import { answeredAhead } from "./state/ahead.ts";
import "./theme.css";

/** Answers that come this soon are drawn in one go with the page. */
const patienceMs = 100;

await Promise.race([answeredAhead, new Promise((resolve) => setTimeout(resolve, patienceMs))]);
const target = document.getElementById("app")!;
const brand = target.querySelector(".brand")!;
target.replaceChildren();
mount(App, { target, props: { brand } });
