/** The page's entry. */
import "../engine/closed-prototypes.ts";
import "./styles/base.css";
import { mount } from "svelte";
import { appActions } from "./app/actions.ts";
import AppView from "./app/App.svelte";
import { openHost } from "./host/open.ts";
import { App } from "./state/app.svelte.ts";

// Workers need shared memory and exact timers; without isolation training would be slower and nobody would know why.
if (!globalThis.crossOriginIsolated) console.error("this page is not cross-origin isolated: its responses lack COOP or COEP");

const app = new App(openHost(), appActions);
mount(AppView, { target: document.getElementById("app")!, props: { app } });
void app.start();
