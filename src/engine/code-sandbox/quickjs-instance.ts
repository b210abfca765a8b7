import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import {
  type EmscriptenModuleLoaderOptions,
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";

const PAGE_BYTES = 65_536;
/** The build's initial memory; it does not start with less. */
const MIN_PAGES = 256;

interface QuickJsInstance {
  readonly quickjs: QuickJSWASMModule;
  /** True when the interpreter last asked for more memory than it may have. */
  readonly memoryRefused: () => boolean;
}

/**
 * An interpreter in a WebAssembly instance of its own, about 1.6 ms. Nothing, not even an error in the interpreter's
 * C code, can carry data from one job (and tenant) to the next, and throwing the instance away frees everything, so
 * that no handle has to be disposed of.
 *
 * The memory's maximum is the limit: QuickJS' own `setMemoryLimit` counts 8 bytes for an allocation of any size in
 * this build (it cannot ask emscripten's malloc for the size), and let a 16 MB limit grow to 2 GB.
 */
export async function openQuickJs(memoryBytes: number): Promise<QuickJsInstance> {
  const wasmModule = await compileQuickJs();
  const maximum = Math.max(MIN_PAGES, Math.floor(memoryBytes / PAGE_BYTES));
  const wasmMemory = new WebAssembly.Memory({ initial: MIN_PAGES, maximum });
  const memoryRefused = watchGrowth(wasmMemory);
  // Emscripten would write its own complaints to the console.
  const silent: EmscriptenModuleLoaderOptions & { printErr: () => void } = { printErr: () => {} };
  const limited = newVariant(variant, { wasmModule, wasmMemory, emscriptenModule: silent });
  return { quickjs: await newQuickJSWASMModuleFromVariant(limited), memoryRefused };
}

/** QuickJS reports its want of memory in several ways, down to throwing `null`; the refused growth is the sure sign. */
function watchGrowth(memory: WebAssembly.Memory): () => boolean {
  const grow = memory.grow.bind(memory);
  let refused = false;
  Object.assign(memory, {
    grow(pages: number): number {
      // Asks for less follow an ask for too much, so only the last answer says how it ended.
      refused = true;
      const before = grow(pages);
      refused = false;
      return before;
    },
  });
  return () => refused;
}

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * The variant keeps its WebAssembly bytes to itself and would compile them for every instance (10 ms, and the
 * just-in-time compiler would start anew). It compiles them once here, and we keep the module it gets back.
 */
export function compileQuickJs(): Promise<WebAssembly.Module> {
  compiling ??= (async () => {
    const instantiate = WebAssembly.instantiate;
    let module: WebAssembly.Module | undefined;
    Object.assign(WebAssembly, {
      async instantiate(bytes: Bun.BufferSource, imports: Bun.WebAssembly.Imports) {
        const made = await instantiate(bytes, imports);
        module = made.module;
        return made;
      },
    });
    try {
      await newQuickJSWASMModuleFromVariant(variant);
    } finally {
      Object.assign(WebAssembly, { instantiate });
    }
    if (!module) throw new Error("the QuickJS variant no longer compiles its bytes with WebAssembly.instantiate");
    return module;
  })();
  return compiling;
}
