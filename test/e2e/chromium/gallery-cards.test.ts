import { galleryCards } from "../shared/gallery-cards.ts";
import { chromiumHost } from "../support/hosts.ts";

galleryCards(chromiumHost);
