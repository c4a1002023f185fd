/** Three instances, one of them of another revision. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="2" y="10" width="8" height="12" rx="2" fill="#2b6fd6"/><rect x="12" y="10" width="8" height="12" rx="2" fill="#2b6fd6"/><rect x="22" y="10" width="8" height="12" rx="2" fill="#1c8a54"/></svg>`;
