/** INSTAR_LONG: the whole of each claim. Without it, what a run of every suite has time for: fewer counts, and not what others show in part. */
export const LONG = process.env.INSTAR_LONG !== undefined;
/** INSTAR_SHORT (`script/test laws`): what somebody waits for at the desk: each kind of thing a few times. */
export const SHORT = process.env.INSTAR_SHORT !== undefined;
