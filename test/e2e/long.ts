/** INSTAR_LONG: the whole of each claim. Without it, what a run of every suite has time for: fewer counts, and not what others show in part. */
export const LONG = process.env.INSTAR_LONG !== undefined;
