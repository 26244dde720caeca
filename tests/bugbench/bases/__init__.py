"""The workflows that cases change; each module's main workflow has the type `Subject`."""
