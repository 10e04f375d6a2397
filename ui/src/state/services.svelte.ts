/** The services there are, for all parts of the page. */
import { fetchServices, type Services } from "../api/services.ts";
import { takeServices } from "./ahead.ts";
import { Load } from "./load.svelte.ts";
import { caller } from "./prefs.svelte.ts";

export const services = new Load<Services>();

export const loadServices = (): Promise<void> =>
    services.run((signal) => takeServices() ?? fetchServices(caller(), signal));
