/** An argument of a command. A number is sent in decimal. */
export type Argument = string | number | Buffer;

/** An answer of Redis in the shapes of RESP2. Strings are bytes. */
export type Reply = null | number | Buffer | Reply[];
