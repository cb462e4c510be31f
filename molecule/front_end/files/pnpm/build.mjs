// A page with what a package of the lock file says.
import { mkdirSync, writeFileSync } from "node:fs";
import { greeting } from "greeting";

mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.html", greeting);
