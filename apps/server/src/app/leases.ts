/** A part that says nothing of its run for so long has lost it. */
export const leaseSeconds = 60;
export const heartbeatSeconds = 30;
/** After a part has connected again without naming a run that it held, it has so long to report how that run ended. */
export const reportGraceSeconds = 10;
/** A run that was handed out so often without ever beginning is given up. */
export const timesTakenMax = 3;
