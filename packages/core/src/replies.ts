/** What may stand behind a command's name. A number is sent in decimal. */
export type Argument = string | number | Buffer;

/** What Redis answers, in the shapes of RESP2. Every string comes as bytes. */
export type Reply = null | number | Buffer | Reply[];
