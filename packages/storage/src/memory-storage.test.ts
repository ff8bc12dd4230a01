import { storageConformance } from "@holdfast/testkit";
import { memoryStorage } from "./memory-storage.ts";

storageConformance("memory storage", async () => memoryStorage());
