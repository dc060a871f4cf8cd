// The macros of Swoop, for the plugin and for tests. A library of its own, so that tests reach it:
// a test that depended on the plugin would have everything else built a second time, for the
// compiler's host.

package import SwiftSyntaxMacros

/// Every macro that the plugin expands.
package var swoopMacros: [any Macro.Type] {
    [RemoteMacro.self, RemoteClosureMacro.self, RecordMacro.self]
}
