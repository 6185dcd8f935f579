/** Whether anybody can see the app: while nobody does, training may have the core that is kept for the windows. */
export interface WindowSight {
  visible: boolean;
  minimized: boolean;
}

export const nobodyLooks = (windows: readonly WindowSight[]): boolean => windows.every(({ visible, minimized }) => !visible || minimized);
