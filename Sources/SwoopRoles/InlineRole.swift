// What runs tasks in the program's own process, for clusters that are one thread of it: made for
// the module Swoop, which does not know the worker.

import Swoop
import SwoopWorker

/// Makes the runs; called through role.c.
@c(swoop_make_inline_runs)
public func _swoopMakeInlineRuns() -> UnsafeMutableRawPointer? {
    let runner = InlineRunner(program: .current)
    let runs = InlineRuns(
        declare: { runner.declare(first: $0, $1) },
        run: { order in
            let result = runner.run(order)
            return (result.outcome, result.record, page: result.page)
        },
        cancel: { runner.cancel($0) })
    return unsafe Unmanaged.passRetained(runs).toOpaque()
}
