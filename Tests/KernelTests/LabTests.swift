// What a person sees: JupyterLab in a browser without a window, and the console in a terminal.

import Foundation
import TestPrograms
import Testing

@Suite(
    .serialized,
    .enabled(if: Jupyter.labObstacle == nil, Comment(rawValue: Jupyter.labObstacle ?? "")))
struct LabTests {
    @Test(arguments: ["lab", "console"])
    func aPersonSees(scene: String) throws {
        let python = try #require(Jupyter.python)
        let folder = try TestFolder()
        let environment = try Jupyter.install(in: folder)
        let done = try Jupyter.ended(python, [Jupyter.labScript, scene], environment: environment)
        #expect(done.status == 0, "\(done.output.suffix(6_000))")
    }
}
