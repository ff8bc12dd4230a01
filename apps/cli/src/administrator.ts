/** Who signs in first. It is a name and no mailbox: links are made on the server's machine, nothing is sent. */
export const firstAdministrator = "administrator@holdfast.local";
