# A host runs release 1.0.0. Its update server, on loopback, has 1.1.0. Updates are switched off still.
boot 1.0.0
$ azlctl status
# Its owner never logs in. He lets it update by itself, in a window that opens within the next minute.
$ mkdir -p /etc/azl/azl-agent.conf.d; printf '[update]\nenabled = yes\nboot-settle = 0\n\n[window tonight]\nstart = %s\nlength = 1h\nspread = 0\n' $(date -d '1 minute' +%H:%M) | tee /etc/azl/azl-agent.conf.d/50-owner.conf
$ systemctl reload azl-agentd
# Nobody has to look, but we do: it checks, fetches, verifies, stages, waits, and reboots by itself.
$ azlctl monitor
$ azlctl status
$ echo "MaxSessions 50" > /etc/ssh-tuning.conf
# An admin is called at night: 1.1.0 is bad. What would a rollback do?
$ azlctl rollback --check
$ azlctl rollback --reason "the kubelet does not come up"
$ azlctl reboot
$ azlctl status
# The release that was left is denied: neither the agent nor an admin's update brings it back.
$ azlctl update --check
$3 azlctl update
$ azlctl history
