"""The messaging conformance tests of the Jupyter project, with every sample that TypeScript has an answer to."""

# The class by its module: imported by its name, it would be collected as a test of its own.
import jupyter_kernel_test


class CellscopeTests(jupyter_kernel_test.KernelTests):
    kernel_name = "cellscope"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("something went wrong")'

    completion_samples = [
        {"text": "Math.sqr", "matches": ["sqrt"]},
        {"text": "JSON.pars", "matches": ["parse"]},
        {"text": "%lsmag", "matches": ["%lsmagic"]},
    ]

    complete_code_samples = [
        "1 + 1",
        "const x: number = 3;",
        "function f() {\n  return 1;\n}",
        "await Promise.resolve(1)",
        "type Id = string | number;",
        "// only a comment",
        "%lsmagic",
        "%%memprofile\nconst y = 1;\n\n",
    ]
    incomplete_code_samples = [
        "function f() {",
        "const list = [1, 2,",
        "const text = `open",
        "if (true) {\n  1",
        "/* open",
        "1 +",
        # As in IPython, an empty line ends a cell with a cell magic.
        "%%memprofile\nconst y = 1;",
    ]
    invalid_code_samples = ["const 1 = 2", "let x = )", "}"]

    code_generate_error = 'throw new Error("boom")'
    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": "'abc'", "result": "'abc'"},
        {"code": "[1, 2, 3]", "result": "[ 1, 2, 3 ]"},
        {"code": "await Promise.resolve({ a: 1 })", "result": "{ a: 1 }"},
        {"code": "({ left: 6 } satisfies { left: number }).left", "result": "6"},
    ]
    code_display_data = [
        {"code": 'import { display } from "tslab"; display.html("<b>bold</b>")', "mime": "text/html"},
        {"code": 'import { display } from "tslab"; display.markdown("*slanted*")', "mime": "text/markdown"},
        {"code": "%sysinfo", "mime": "text/html"},
        {"code": "%%memprofile\nnew Uint8Array(1e6).fill(1).length", "mime": "text/html"},
    ]
    code_history_pattern = "6?7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.sqrt"
    code_page_something = "%lsmagic?"
    code_clear_output = 'console.clear(); console.log("after")'
