import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Icon } from "./icon.tsx";
import classes from "./copy-text.module.css";

/** Text to be taken elsewhere, whole: a command, an id, a hash. */
export function CopyText({ text, label, block = false }: { text: string; label: string; block?: boolean }) {
  const clipboard = useClipboard({ timeout: 2000 });
  return (
    <span className={block ? classes["block"] : classes["line"]}>
      <code className={classes["text"]}>{text}</code>
      <Button
        size="compact-xs"
        variant={block ? "default" : "subtle"}
        leftSection={<Icon name={clipboard.copied ? "check" : "copy"} size={13} />}
        onClick={() => clipboard.copy(text)}
        aria-label={`Copy ${label}`}
      >
        {clipboard.copied ? "Copied" : "Copy"}
      </Button>
    </span>
  );
}
