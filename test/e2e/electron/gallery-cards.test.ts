import { galleryCards } from "../shared/gallery-cards.ts";
import { electronHost } from "../support/hosts.ts";

galleryCards(electronHost);
