import { choice, counted, repeated, single, toggle, under, type Repeated } from "../flag.ts";

/** Where copies of a repository's small files are kept on this machine. */
export const cacheFlags = under("Repository flags", {
  cacheDir: single(
    "--cache-dir <folder>",
    "where the local cache is; restic's may be shared (HOLDFAST_CACHE_DIR; default: restic in the user's cache folder)",
  ),
  noCache: toggle("--no-cache", "use no local cache (HOLDFAST_NO_CACHE)"),
  cleanupCache: toggle("--cleanup-cache", "remove local caches that were not used for 30 days"),
});

/** Flags that every command on a repository takes; their names and meaning are restic's. */
export const repositoryFlags = under("Repository flags", {
  repo: single(
    "-r, --repo <repository>",
    "where the repository is: a path, or rest:https://host:port/path/ (HOLDFAST_REPOSITORY; HOLDFAST_REST_USERNAME, HOLDFAST_REST_PASSWORD)",
  ),
  repositoryFile: single("--repository-file <file>", "read that address from a file (HOLDFAST_REPOSITORY_FILE)"),
  passwordFile: single(
    "-p, --password-file <file>",
    "read the password from a file (HOLDFAST_PASSWORD_FILE; or itself in HOLDFAST_PASSWORD)",
  ),
  passwordCommand: single(
    "--password-command <command>",
    "take the password from what a command prints (HOLDFAST_PASSWORD_COMMAND)",
  ),
  insecureNoPassword: toggle("--insecure-no-password", "the repository's password is empty; insecure"),
  keyHint: single("--key-hint <id>", "try this key of the repository first (HOLDFAST_KEY_HINT)"),
  cacert: single("--cacert <file>", "trust the authorities in this PEM file instead of the system's (HOLDFAST_CACERT)"),
  tlsClientCert: single(
    "--tls-client-cert <file>",
    "show the server this certificate; a PEM file with its key (HOLDFAST_TLS_CLIENT_CERT)",
  ),
  insecureTls: toggle("--insecure-tls", "take any certificate for the server's; anybody on the way can be the server"),
  httpUserAgent: single("--http-user-agent <text>", "how the program calls itself to the server"),
  stuckRequestTimeout: single(
    "--stuck-request-timeout <duration>",
    "try a request again in which nothing moved for so long (default: 2m)",
  ),
  option: repeated("-o, --option <key=value>", "an extended option: local.connections or rest.connections; repeatable"),
  retryLock: single("--retry-lock <duration>", "keep trying this long when it is locked, such as 30s, 5m or 1h"),
  limitUpload: single("--limit-upload <rate>", "send at most so many KiB a second"),
  limitDownload: single("--limit-download <rate>", "fetch at most so many KiB a second"),
  compression: choice(
    "--compression <mode>",
    ["auto", "off", "fastest", "better", "max"],
    "how hard to compress what is stored (default: auto; HOLDFAST_COMPRESSION)",
  ),
  packSize: single(
    "--pack-size <size>",
    "gather what is stored into files of so many MiB, 4 to 128 (default: 16; HOLDFAST_PACK_SIZE)",
  ),
  noExtraVerify: toggle("--no-extra-verify", "do not read back what was encrypted before it is stored; not advised"),
  ...cacheFlags,
});

/** For commands that only read. */
export const readerFlags = under("Repository flags", {
  noLock: toggle("--no-lock", "do not lock; for repositories that cannot be written to"),
});

/** The other repository, where something is taken from. */
export const fromFlags = under("Where from", {
  fromRepo: single("--from-repo <repository>", "the repository that is copied from (HOLDFAST_FROM_REPOSITORY)"),
  fromRepositoryFile: single(
    "--from-repository-file <file>",
    "read that address from a file (HOLDFAST_FROM_REPOSITORY_FILE)",
  ),
  fromPasswordFile: single(
    "--from-password-file <file>",
    "read its password from a file (HOLDFAST_FROM_PASSWORD_FILE; or itself in HOLDFAST_FROM_PASSWORD)",
  ),
  fromPasswordCommand: single(
    "--from-password-command <command>",
    "take its password from what a command prints (HOLDFAST_FROM_PASSWORD_COMMAND)",
  ),
  fromKeyHint: single("--from-key-hint <id>", "try this key of it first (HOLDFAST_FROM_KEY_HINT)"),
  fromInsecureNoPassword: toggle("--from-insecure-no-password", "its password is empty"),
});

/** How much is said. */
export const outputFlags = under("Output flags", {
  json: toggle("--json", "print JSON, one message a line, for scripts"),
  quiet: toggle("-q, --quiet", "print results and errors only"),
  verbose: counted("-v, --verbose", "say more, and say more about a failure; repeatable"),
});

/** Those that may also stand before the command's name. */
export const globalFlags = { ...repositoryFlags, ...readerFlags, ...outputFlags };

/** Under the name that the command has free for it. */
export const ofHost = (flags: string): Repeated => ({
  ...repeated(flags, "only of this host; repeatable; '' for any (default: HOLDFAST_HOST, if it is set)"),
  setting: "host",
});

/** Which snapshots are meant, when no id is given or the id is "latest". */
export const snapshotFilterFlags = under("Which snapshots", {
  host: ofHost("-H, --host <name>"),
  tag: repeated("--tag <tag[,tag...]>", "only with all of these tags; repeated: with any of the lists"),
  path: repeated("--path <path>", "only with this absolute path among the backed-up ones; repeatable"),
});

export const excludeFlags = under("What to leave out", {
  exclude: repeated("-e, --exclude <pattern>", "leave out what matches; repeatable"),
  iexclude: repeated("--iexclude <pattern>", "the same without regard to case"),
  excludeFile: repeated("--exclude-file <file>", "patterns from a file, one a line"),
  iexcludeFile: repeated("--iexclude-file <file>", "the same without regard to case"),
});
