/** `1.9` is older than `1.41`: compares the parts as numbers. */
export const apiAtLeast = (version: string, floor: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [floorMajor = 0, floorMinor = 0] = floor.split(".").map(Number);
  return major === floorMajor ? minor >= floorMinor : major > floorMajor;
};
