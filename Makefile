# `sam build` calls this: the function as Maven lays it out, without its tests.
build-ReserveFunction:
	mvn --batch-mode --quiet -Dmaven.test.skip clean package
	cp -Rp target/function/. "$(ARTIFACTS_DIR)"
