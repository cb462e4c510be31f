export const greeting = "installed by pnpm";
