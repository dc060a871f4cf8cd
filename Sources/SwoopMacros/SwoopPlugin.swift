// The program that the compiler asks to expand Swoop's macros; what they expand to is in
// SwoopExpansion. Linked with swift-syntax from source it is a CompilerPlugin; linked with the
// modules that the toolchain ships, which lack that protocol, it listens to the compiler itself.

import SwiftSyntaxMacros
import SwoopExpansion

#if !(TOOLCHAIN_SYNTAX || TOOLCHAIN_SYNTAX_IN_PLACE)
    import SwiftCompilerPlugin

    @main
    struct SwoopPlugin: CompilerPlugin {
        let providingMacros: [any Macro.Type] = swoopMacros

        func resolveMacro(moduleName: String, typeName: String) throws -> any Macro.Type {
            try macro(named: typeName, of: moduleName)
        }
    }
#else
    @_spi(PluginMessage) import SwiftCompilerPluginMessageHandling

    @main
    struct SwoopPlugin: PluginProvider {
        func resolveMacro(moduleName: String, typeName: String) throws -> any Macro.Type {
            try macro(named: typeName, of: moduleName)
        }

        static func main() throws {
            let connection = try StandardIOMessageConnection()
            let listener = CompilerPluginMessageListener(
                connection: connection, provider: SwoopPlugin())
            try listener.main()
        }
    }
#endif

/// The macro of this name: the compiler names this module, the types are another's.
private func macro(named name: String, of module: String) throws -> any Macro.Type {
    for macro in swoopMacros where "\(macro)" == name { return macro }
    throw UnknownMacro(name: "\(module).\(name)")
}

private struct UnknownMacro: Error {
    let name: String
}
